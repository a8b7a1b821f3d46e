import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';

const ID_PATTERN = '^[0-9a-f]{32}$';

@ApiSchema({ name: 'Link', description: 'An accepted link: the person may use the server.' })
export class LinkShape {
  @ApiProperty({
    description: 'Id of the link.',
    pattern: ID_PATTERN,
    example: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  })
  declare readonly id: string;

  @ApiProperty({
    description: 'Id of the server, as in the list of servers.',
    pattern: ID_PATTERN,
    example: '5f0c3b1e8a9d4c7fb2e6a1d0c9b8e7f6',
  })
  declare readonly serverId: string;

  @ApiProperty({ description: 'What its admin calls it.', example: 'Living room' })
  declare readonly serverName: string;

  @ApiProperty({
    description:
      '`linked`: as a user that was there before. `guest`: as one made for the person, which the media server deletes when the link ends.',
    enum: ['linked', 'guest'],
    example: 'linked',
  })
  declare readonly kind: 'linked' | 'guest';

  @ApiProperty({
    description: 'When the server asked for it.',
    format: 'date-time',
    example: '2026-01-30T09:15:00.000Z',
  })
  declare readonly createdAt: string;

  @ApiProperty({
    description: 'When the person said yes.',
    format: 'date-time',
    example: '2026-01-30T18:40:00.000Z',
  })
  declare readonly acceptedAt: string;
}

@ApiSchema({ name: 'LinkList', description: 'Every accepted link of the person.' })
export class LinkListShape {
  @ApiProperty({ description: 'The oldest first.', type: [LinkShape] })
  declare readonly links: readonly LinkShape[];
}

@ApiSchema({ name: 'KnownServer', description: 'A server that the person uses already.' })
class KnownServerShape {
  @ApiProperty({ description: 'Id of that server.', pattern: ID_PATTERN })
  declare readonly serverId: string;

  @ApiProperty({ description: 'What its admin calls it.', example: 'Living room' })
  declare readonly serverName: string;
}

@ApiSchema({
  name: 'Invitation',
  description: 'A link that waits for the person’s answer. It names no address and no key.',
})
export class InvitationShape {
  @ApiProperty({
    description: 'Id of the invitation; once accepted, of the link.',
    pattern: ID_PATTERN,
    example: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  })
  declare readonly id: string;

  @ApiProperty({
    description: 'Id of the server.',
    pattern: ID_PATTERN,
    example: '5f0c3b1e8a9d4c7fb2e6a1d0c9b8e7f6',
  })
  declare readonly serverId: string;

  @ApiProperty({
    description: 'What its admin calls it. Anybody can choose any name.',
    example: 'Living room',
  })
  declare readonly serverName: string;

  @ApiProperty({
    description: 'Host of its public address, to recognise it by.',
    example: 'media.example.org:8920',
  })
  declare readonly serverHost: string;

  @ApiProperty({
    description: 'First characters of the media server’s own id, to compare with what its admin sees.',
    example: 'a1b2c3d4',
  })
  declare readonly fingerprint: string;

  @ApiProperty({
    description: '`linked`: as a user that is there already. `guest`: as one made for the person.',
    enum: ['linked', 'guest'],
    example: 'guest',
  })
  declare readonly kind: 'linked' | 'guest';

  @ApiProperty({
    description: 'User name of the admin who invites, where the broker knows that it is true.',
    type: 'string',
    nullable: true,
    example: 'maria',
  })
  declare readonly requester: string | null;

  @ApiProperty({
    description: 'When the server asked.',
    format: 'date-time',
    example: '2026-01-30T09:15:00.000Z',
  })
  declare readonly createdAt: string;

  @ApiProperty({
    description: 'When it lapses without an answer; null: it was accepted before and does not.',
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: '2026-03-01T09:15:00.000Z',
  })
  declare readonly expiresAt: string | null;

  @ApiPropertyOptional({
    description:
      'A server that the person uses already and that this one claims to be: set up anew, or an impostor. It cannot be accepted in an app.',
    type: KnownServerShape,
  })
  declare readonly claimsToBe?: KnownServerShape;
}

@ApiSchema({ name: 'InvitationList', description: 'Every invitation that waits for an answer.' })
export class InvitationListShape {
  @ApiProperty({ description: 'The oldest first.', type: [InvitationShape] })
  declare readonly invitations: readonly InvitationShape[];
}

@ApiSchema({ name: 'Decline', description: 'How to say no. May be left out.' })
export class DeclineShape {
  @IsOptional()
  @IsBoolean()
  @ApiPropertyOptional({
    description: 'The person wants nothing more from this server: it cannot ask again.',
    default: false,
  })
  readonly block?: boolean;
}
