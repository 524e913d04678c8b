#!/usr/bin/env python3
"""The native protocol from Python, over a WebSocket: feed states and trades, each with its place.

It comes back from where it was when the gateway goes away. Debian: apt-get install python3-websockets.

    python3 examples/websocket_client.py [ws://127.0.0.1:9443] [--for SECONDS]
"""

import argparse
import asyncio
import json
import os

import websockets

STREAM = "btcusdt@trade"


def show(message, place):
    """Prints one message of the stream; gives its place."""
    epoch, seq = message["epoch"], message["seq"]
    if place and place["epoch"] == epoch and seq > place["seq"] + 1:
        print("lost", seq - place["seq"] - 1, "messages", flush=True)
    if message["type"] == "feed":
        print("feed", message["state"], message["cause"], message.get("missing", ""), flush=True)
    else:
        # Prices are the exchange's own texts: decimal.Decimal reads them exactly.
        print(message["type"], message["id"], message["taker"], message["quantity"], "at", message["price"], flush=True)
    return {"epoch": epoch, "seq": seq}


async def follow(url):
    place = None
    while True:
        try:
            async with websockets.connect(url + "/v1") as socket:
                data = {"streams": [STREAM]}
                if place:
                    data["since"] = {STREAM: place}
                await socket.send(json.dumps({"event": "subscribe", "id": 1, "data": data}))
                async for text in socket:
                    message = json.loads(text)
                    if "type" in message:
                        place = show(message, place)
                    elif message["event"] != "limits":
                        print(message["event"], json.dumps(message["data"]), flush=True)
        except (OSError, websockets.exceptions.WebSocketException) as error:
            print("away:", error, flush=True)
        await asyncio.sleep(1)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url", nargs="?", default=os.environ.get("GATEWAY_URL", "ws://127.0.0.1:9443"))
    parser.add_argument("--for", dest="seconds", type=float)
    arguments = parser.parse_args()
    try:
        await asyncio.wait_for(follow(arguments.url), arguments.seconds)
    except asyncio.TimeoutError:
        pass


asyncio.run(main())
