/** What a process says of one metric on its ops port, `line` being its name and labels as Prometheus reads them; NaN where it is not there. */
export async function metricValue(opsUrl: string, line: string): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return Number(found?.split(' ').at(-1));
}
