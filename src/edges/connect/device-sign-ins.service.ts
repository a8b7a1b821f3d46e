import { Injectable } from '@nestjs/common';
import { SignInService, type PasswordProof, type SignInOrigin } from '../../features/accounts/index.js';
import { DevicesService } from '../../features/sessions/index.js';
import { signedInShape, type SignedInShape } from './shapes.js';

/** A password for a device token (E7), ahead of the framework or behind it. */
@Injectable()
export class DeviceSignIns {
  constructor(
    private readonly signIns: SignInService,
    private readonly devices: DevicesService,
  ) {}

  /** @param app what it calls itself, or ''. @throws DomainError as `SignInService.signIn` does */
  signIn(
    identifier: string,
    proof: PasswordProof,
    origin: SignInOrigin,
    app: string,
  ): Promise<SignedInShape> {
    return this.signIns.signIn(identifier, proof, origin, async (account) => {
      const token = await this.devices.signIn(account, {
        app,
        name: '',
        network: origin.network,
      });
      return signedInShape(account, token);
    });
  }
}
