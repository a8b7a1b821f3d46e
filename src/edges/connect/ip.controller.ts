import { Controller, Header, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ConnectCallersGuard } from './callers.guard.js';
import { Endpoint } from './wire.decorators.js';

@Controller('service')
@UseGuards(ConnectCallersGuard)
export class IpController {
  /** E1: the caller's address as bare text; it goes straight into an address parser. */
  @Endpoint('GET', 'ip', 'nobody-in-particular')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  ip(@Req() request: FastifyRequest): string {
    return request.clientIp;
  }
}
