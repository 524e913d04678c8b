import { BlockList, isIP } from 'node:net';
import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

/** An address, and of how many of its bits a network of such is made. */
interface Network {
  address: string;
  bits: number;
  family: 'ipv4' | 'ipv6';
}

/** Undefined for what is neither an address nor a network. */
function readNetwork(text: string): Network | undefined {
  const [, address = '', bits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  if (version === 0 || Number(bits ?? most) > most) return undefined;
  return { address, bits: Number(bits ?? most), family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** For class-validator: each item of a list is an address or a network. */
@ValidatorConstraint()
export class AreNetworks implements ValidatorConstraintInterface {
  validate(items: unknown): boolean {
    return Array.isArray(items) && items.every((item) => readNetwork(String(item)) !== undefined);
  }
}

/** All addresses of these networks, which have been checked. */
export function networksOf(items: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const item of items) {
    const network = readNetwork(item);
    if (network) networks.addSubnet(network.address, network.bits, network.family);
  }
  return networks;
}
