import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { DiscoveryService, type FirstLook, type ServerList } from '../../features/discovery/index.js';
import { DevicesService, type SignedInDevice } from '../../features/sessions/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { ReadyAnswer } from '../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../platform/http/ready-answers.js';
import type { AskAgain } from '../../platform/http/repeated-requests.js';
import type { ReadyRequest } from '../../platform/http/whole-request.js';
import { lastly, soon, type Soon } from '../../shared/soon.js';
import { ConnectCallersGuard, deviceTokenOf, signedOut } from './callers.guard.js';
import { OPEN_HEADERS } from './cors.js';
import { serverEntry } from './shapes.js';

/** E4 as every app asks it: by its plain path, with nothing or its own id in the query. */
const PLAIN = /^\/service\/servers\/?(?:\?(userId)=(\d{1,16}))?$/i;

/** E4 to a device that is let in, remembered or read. `ServersController.list` answers the same. */
@Injectable()
export class ReadyServers implements ReadyRoute {
  readonly method = 'GET';
  readonly path = '/service/servers';
  readonly callers = ['device'] as const;
  readonly url = PLAIN;
  readonly headers = OPEN_HEADERS;

  constructor(
    private readonly devices: DevicesService,
    private readonly discovery: DiscoveryService,
    private readonly guard: ConnectCallersGuard,
  ) {}

  answer(request: ReadyRequest, network: string): Soon<ReadyAnswer | null> {
    const token = deviceTokenOf(request);
    if (token === undefined) return null;
    const look = this.discovery.firstLook();
    return lastly(
      () =>
        soon(this.devices.lookUp(token, network, look.find), (device) => {
          if (device === null) throw signedOut();
          return device === undefined ? null : this.#answerTo(device, look, request);
        }),
      () => look.end(),
    );
  }

  again(request: ReadyRequest): AskAgain | null {
    const recognise = this.devices.follow(digestOf(deviceTokenOf(request) ?? ''));
    let listOfDevice: (() => ServerList | undefined) | undefined;
    return () => {
      const device = recognise();
      if (device === null) return null;
      // A token never changes its account.
      const list = (listOfDevice ??= this.discovery.follow(device.account.id))();
      return list && this.guard.countListNow(device.deviceId) ? list.ready(readyList) : null;
    };
  }

  #answerTo(
    { account, deviceId }: SignedInDevice,
    look: FirstLook,
    { url }: ReadyRequest,
  ): Soon<ReadyAnswer | null> {
    if (!isOwn(url, account.id) || !this.guard.countListNow(deviceId)) return null;
    return soon(look.listOf(account.id), (list) => list.ready(readyList));
  }
}

/** An id in the query may only repeat whose token it is (S-61). */
function isOwn(url: string | undefined, accountId: string): boolean {
  if (url?.includes('?') !== true) return true;
  const named = PLAIN.exec(url)?.[2];
  return named === undefined || named === accountId;
}

/** The list as E4 sends it; as `ServerList.ready` takes it. */
function readyList({ servers }: ServerList): ReadyAnswer {
  const json = JSON.stringify(servers.map(serverEntry));
  return new ReadyAnswer(etagOf(json), json);
}

/**
 * 128 bits of all that is sent, in quotes; the same on every node. Nothing can be read back from it, not even a link key that
 * is known in part.
 */
function etagOf(json: string): string {
  return `"${hash('sha256', json, 'base64url').slice(0, 22)}"`;
}
