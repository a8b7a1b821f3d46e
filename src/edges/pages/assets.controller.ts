import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Callers } from '../../platform/http/callers.js';
import { findAsset } from './assets.js';

/** What pages load: nothing else is served from files. */
@Controller('assets')
export class AssetsController {
  @Get(':name')
  @RouteConfig({ isPage: true })
  @Callers('nobody-in-particular')
  show(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const asset = findAsset(name);
    if (!asset) throw new NotFoundException();
    void reply
      .header('Content-Type', asset.contentType)
      .header('Cache-Control', 'public, max-age=31536000, immutable')
      .header('Cross-Origin-Resource-Policy', 'same-origin')
      // Without `sandbox`, which every other answer but pages has: a worker obeys the policy of its own answer, and in a
      // sandbox it has no crypto.
      .header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
      .send(asset.bytes);
  }
}
