import { Controller, UseGuards } from '@nestjs/common';
import { SignUpService } from '../../features/accounts/index.js';
import { InvitationsService } from '../../features/links/index.js';
import { invalidField } from '../../shared/domain-error.js';
import { Priority } from '../../platform/http/overload/priority.js';
import type { Parameters } from './parameters/parameters.js';
import { ConnectCallersGuard } from './callers.guard.js';
import { Endpoint, Network, Wire } from './wire.decorators.js';

@Controller('service')
@UseGuards(ConnectCallersGuard)
export class SignUpController {
  constructor(
    private readonly signUps: SignUpService,
    private readonly invitations: InvitationsService,
  ) {}

  /** E9. An address in use looks like a fresh one (S-31). Here, unlike in E7, `password` is plain text (CS). */
  @Priority('registration')
  @Endpoint('POST', 'register', 'nobody-in-particular')
  async signUp(
    @Wire(['email', 'userName', 'rawpw', 'password', 'grecaptcha']) wire: Parameters,
    @Network() network: string,
  ): Promise<object> {
    const password = wire.optional('rawpw') ?? wire.optional('password');
    const given = { email: wire.required('email'), userName: wire.required('userName'), network };
    if (password === undefined) throw invalidField('rawpw', 'is missing');
    await this.signUps.signUp({ ...given, password });
    const message = 'Look in your mail: the account starts when you confirm the address.';
    return { Status: 'SUCCESS', Validated: false, Message: message };
  }

  /** E10. Carries no credential; whether a mail goes out is decided by what came before, and never told (W8). */
  @Priority('registration')
  @Endpoint('POST', 'users/invite', 'nobody-in-particular')
  async invite(
    @Wire(['email', 'requesterUserName']) wire: Parameters,
    @Network() network: string,
  ): Promise<object> {
    await this.invitations.invite(wire.required('email'), wire.required('requesterUserName'), network);
    return {};
  }
}
