import { Controller, UseGuards } from '@nestjs/common';
import { PinAnswers, PinsService, type PinInHand } from '../../features/pins/index.js';
import { DomainError } from '../../shared/domain-error.js';
import { ConnectCallersGuard, type DeviceCaller } from './callers.guard.js';
import { narrowTo } from './narrow.js';
import type { Parameters } from './parameters/parameters.js';
import { pinShape } from './shapes.js';
import { App, Caller, Endpoint, Network, Wire } from './wire.decorators.js';

@Controller('service/pin')
@UseGuards(ConnectCallersGuard)
export class PinController {
  constructor(
    private readonly pins: PinsService,
    private readonly answers: PinAnswers,
  ) {}

  /** E16. The answer's `DeviceId` is a handle that nobody can guess; apps that send their own id instead work too (S-41). */
  @Endpoint('POST', '', 'nobody-in-particular')
  async create(
    @Wire(['deviceId']) wire: Parameters,
    @App() app: string,
    @Network() network: string,
  ): Promise<object> {
    const { code, handle } = await this.pins.create(wire.required('deviceId'), app, network);
    return pinShape(code, handle, { isExpired: false, accountId: null });
  }

  /** E17. */
  @Endpoint('GET', '', 'nobody-in-particular')
  async poll(@Wire(['deviceId', 'pin']) wire: Parameters, @Network() network: string): Promise<object> {
    const inHand = inHandOf(wire, network);
    const state = await this.pins.poll(inHand);
    if (!state) throw new DomainError('not-found', 'pin-unknown', 'This PIN is wrong, used or expired.');
    return pinShape(inHand.code, inHand.deviceId, state);
  }

  /** E18. */
  @Endpoint('POST', 'authenticate', 'nobody-in-particular')
  async exchange(@Wire(['deviceId', 'pin']) wire: Parameters, @Network() network: string): Promise<object> {
    const { accountId, token } = await this.pins.exchange(inHandOf(wire, network));
    return { UserId: accountId, AccessToken: token };
  }

  /**
   * E19. Without a credential, as the original had it, anybody could take over any account (W1). It has no place for a
   * password either, so while the broker is on guard against guessing (S-43) it is answered 429, and the page takes over:
   * a door that stayed open here would be the one that is guessed at.
   */
  @Endpoint('POST', 'confirm', 'device')
  async confirm(
    @Caller() { account }: DeviceCaller,
    @Wire(['pin', 'userId']) wire: Parameters,
    @Network() network: string,
  ): Promise<object> {
    narrowTo(account.id, wire, 'userId');
    await this.answers.confirmPin(wire.required('pin'), { accountId: account.id, network, isFresh: false });
    return {};
  }
}

function inHandOf(wire: Parameters, network: string): PinInHand {
  return { code: wire.required('pin'), deviceId: wire.required('deviceId'), network };
}
