import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';

/** `?wait=` of the list. */
export class WaitQuery {
  @IsOptional()
  @Matches(/^(?:\d|[1-5]\d|60)$/, { message: 'must be a whole number from 0 to 60' })
  readonly wait?: string;
}

@ApiSchema({ name: 'Address', description: 'One way to a server.' })
export class AddressShape {
  @ApiProperty({
    description: 'Base address of the media server, without a slash at the end.',
    format: 'uri',
    example: 'http://192.168.1.5:8096',
  })
  declare readonly url: string;

  @ApiProperty({
    description: '`local`: at home only. `remote`: from anywhere.',
    enum: ['local', 'remote'],
    example: 'local',
  })
  declare readonly scope: 'local' | 'remote';

  @ApiProperty({
    description: 'What the host is: an IPv4 address, an IPv6 address, a name.',
    enum: ['ipv4', 'ipv6', 'name'],
    example: 'ipv4',
  })
  declare readonly family: 'ipv4' | 'ipv6' | 'name';

  @ApiProperty({ description: 'Whether the way is encrypted.', enum: ['http', 'https'], example: 'http' })
  declare readonly scheme: 'http' | 'https';
}

@ApiSchema({ name: 'Server', description: 'A media server that the person may use.' })
export class ServerShape {
  @ApiProperty({
    description: 'Id of the server at the broker.',
    pattern: '^[0-9a-f]{32}$',
    example: '5f0c3b1e8a9d4c7fb2e6a1d0c9b8e7f6',
  })
  declare readonly id: string;

  @ApiProperty({ description: 'What its admin calls it.', example: 'Living room' })
  declare readonly name: string;

  @ApiProperty({
    description:
      'The media server’s own id, to compare with `Id` of its `/System/Info/Public` before anything is sent there. Anybody can copy it.',
    example: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
  })
  declare readonly systemId: string;

  @ApiProperty({
    description: 'Id of the link between the person and the server, for `DELETE /api/v1/links/{id}`.',
    pattern: '^[0-9a-f]{32}$',
    example: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  })
  declare readonly linkId: string;

  @ApiProperty({
    description: '`linked`: as a user that was there before. `guest`: as one made for the person.',
    enum: ['linked', 'guest'],
    example: 'linked',
  })
  declare readonly kind: 'linked' | 'guest';

  @ApiProperty({
    description:
      'Secret. Exchanged at the media server for a session there (`/Connect/Exchange`). Send it to nobody else, and only after the identity check.',
    example: '00112233445566778899aabbccddeeff',
  })
  declare readonly linkKey: string;

  @ApiProperty({
    description:
      'Whether the server was last heard from out of the network that asks (the same IPv4 address, the same IPv6 /64). A hint for the order of tries, never a right.',
    example: true,
  })
  declare readonly sameNetwork: boolean;

  @ApiProperty({ description: 'Never empty. The most promising first.', type: [AddressShape] })
  declare readonly addresses: readonly AddressShape[];

  @ApiProperty({
    description:
      'When the server last reported to the broker, in UTC, to the hour while nothing else changes. The one field that changes without a new ETag and without an event.',
    format: 'date-time',
    example: '2026-01-31T12:00:00.000Z',
  })
  declare readonly lastHeardFrom: string;
}

@ApiSchema({
  name: 'ServerList',
  description: 'Every server that the person may use. Complete, or an error.',
})
export class ServerListShape {
  @ApiProperty({ description: 'In the order in which the links came to be.', type: [ServerShape] })
  declare readonly servers: readonly ServerShape[];

  @ApiProperty({
    description:
      'How long an app that neither listens nor polls keeps the list before it asks again; 55 to 60 minutes, different for each list.',
    type: 'integer',
    minimum: 3300,
    maximum: 3600,
    example: 3412,
  })
  declare readonly refreshAfterSeconds: number;
}

/** `data` of `snapshot` and `reset`. */
@ApiSchema({ name: 'Snapshot', description: '`data` of the events `snapshot` and `reset`: the whole list.' })
export class SnapshotShape extends ServerListShape {
  @ApiPropertyOptional({
    description: 'ETag of `GET /api/v1/servers` for the same list.',
    example: '"4nD3…"',
  })
  declare readonly etag: string;
}
