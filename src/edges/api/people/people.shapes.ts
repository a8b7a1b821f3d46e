import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'Profile', description: 'Whose account it is.' })
export class ProfileShape {
  @ApiProperty({
    description: 'Id of the account: the `sub` of OpenID Connect. Never reused. Decimal digits, as text.',
    pattern: '^[1-9][0-9]{0,15}$',
    example: '4821903375529018',
  })
  declare readonly id: string;

  @ApiProperty({ description: 'User name. People can be told apart by it; it may change.', example: 'maria' })
  declare readonly userName: string;

  @ApiPropertyOptional({
    description: 'Confirmed e-mail address. Only with the scope `email`.',
    format: 'email',
    example: 'maria@example.org',
  })
  declare readonly email?: string;
}

@ApiSchema({ name: 'SignIn', description: 'Something that is signed in to the account.' })
export class SignInShape {
  @ApiProperty({
    description: 'Id of the sign-in.',
    pattern: '^[0-9a-f]{32}$',
    example: '9d4c7fb2e6a1d0c9b8e7f65f0c3b1e8a',
  })
  declare readonly id: string;

  @ApiProperty({
    description:
      '`app`: an app or a site that uses OAuth. `device`: an app that speaks the Connect protocol. `browser`: the pages of the broker.',
    enum: ['app', 'device', 'browser'],
    example: 'app',
  })
  declare readonly kind: 'app' | 'device' | 'browser';

  @ApiProperty({
    description: 'What it calls itself, or empty. Anybody can choose any name.',
    example: 'TV client',
  })
  declare readonly name: string;

  @ApiProperty({ description: 'What the device calls itself, or empty.', example: 'Living room TV' })
  declare readonly deviceName: string;

  @ApiProperty({ description: 'Whether it is the app that asks.', example: true })
  declare readonly current: boolean;

  @ApiProperty({ description: 'Since when.', format: 'date-time', example: '2026-01-12T20:05:00.000Z' })
  declare readonly createdAt: string;

  @ApiProperty({
    description: 'When it was used last, to the hour.',
    format: 'date-time',
    example: '2026-01-31T11:00:00.000Z',
  })
  declare readonly lastUsedAt: string;
}

@ApiSchema({ name: 'SignInList', description: 'Everything that is signed in to the account.' })
export class SignInListShape {
  @ApiProperty({
    description: 'Apps, then devices, then browsers; of each the one used last first.',
    type: [SignInShape],
  })
  declare readonly signIns: readonly SignInShape[];
}
