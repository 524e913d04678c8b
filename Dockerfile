# One image for every role; the command chooses the role. Build: docker build -t holdfast .
#
#   docker run --rm --init -p 127.0.0.1:9443:9443 -e HOLDFAST_HOST=0.0.0.0 -e HOLDFAST_ALLOW_PUBLIC=yes holdfast
#
# By digest, so that a build is what was tested and not what a tag means today; the version is the one of package-lock.json. To renew
# it: docker buildx imagetools inspect node:22-trixie-slim
#
# Debian, not Alpine: the uWebSockets.js binaries want glibc. --ignore-scripts in both installs: no package we use needs
# its install script here (the "node" package's would only fetch the Node that this image already is), so none gets to run.

FROM node:22.23.3-trixie-slim@sha256:154ba2f4d6fec323d28e4f4bb86bba4677f1223391a1979cf521304e03a98dfa AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json tsdown.config.ts ./
COPY libs libs
COPY apps apps
# What only the command line, the demo and the simulator need does not run here, and nothing reads source maps.
RUN npm run build \
    && find dist -name '*.map' -delete \
    && rm -rf dist/.tsbuildinfo dist/apps/cli dist/apps/demo dist/apps/simulator dist/libs/course dist/libs/drill dist/libs/simulator

FROM node:22.23.3-trixie-slim@sha256:154ba2f4d6fec323d28e4f4bb86bba4677f1223391a1979cf521304e03a98dfa AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# uws-pack carries binaries for every system and Node version, 133 MB; this image runs on one of each, 6 MB.
# A platform that it has no binary for fails here, not at the first start.
RUN binary="$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`')" \
    && find node_modules/uWebSockets.js/dist/bin -name '*.node' ! -name "$binary" -delete \
    && node -e "import('uWebSockets.js')"

FROM node:22.23.3-trixie-slim@sha256:154ba2f4d6fec323d28e4f4bb86bba4677f1223391a1979cf521304e03a98dfa AS program
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compiled
WORKDIR /app
COPY package.json LICENSE NOTICE ./
# Which commit this is, for /status and holdfast_build_info: docker build --build-arg COMMIT="$(git rev-parse HEAD)" .
ARG COMMIT=unknown
RUN echo "$COMMIT" > COMMIT
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist

# What V8 compiles at a start is kept: the next one takes a tenth less. Made by the user that runs the program, because Node keeps it for
# each user apart, and readable to him, nothing more. Another user, CPU or flag of V8 finds nothing here, writes nothing and starts as ever.
FROM program AS compiled
RUN mkdir compiled && chown 1000:1000 compiled
USER 1000:1000
RUN HOLDFAST_UPSTREAM_WS_URL=ws://127.0.0.1:9 HOLDFAST_SYMBOLS_EVERY_MS=0 \
    node dist/apps/standalone/src/main.js > compiled/start.log & program=$!; \
    until grep -q process.started compiled/start.log; do kill -0 $program || exit 1; sleep 0.1; done; \
    kill $program && wait $program && rm compiled/start.log && chmod -R a+rX compiled

FROM program
COPY --from=compiled /app/compiled compiled
# The user "node", by number: Kubernetes can check runAsNonRoot only on a number. Nothing above belongs to it: it can
# read the program but not change it.
USER 1000:1000
EXPOSE 9443 9464
# Alive, not ready: a restart brings no data back, and clients must not lose their connection for want of it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=6 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HOLDFAST_OPS_PORT || 9464}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The exec form makes node process 1, so SIGTERM reaches it and the stop is orderly. Other roles:
#   node dist/apps/upstream/src/main.js
#   node dist/apps/edge/src/main.js
CMD ["node", "dist/apps/standalone/src/main.js"]
