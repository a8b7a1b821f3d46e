import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { PROBLEMS } from '../problems/problem-list.js';

@ApiSchema({ name: 'RequestFault', description: 'One thing that is wrong with a request.' })
class RequestFaultShape {
  @ApiPropertyOptional({
    description: 'The field of the body, as a JSON pointer (RFC 6901).',
    example: '/block',
  })
  declare readonly pointer?: string;

  @ApiPropertyOptional({ description: 'The parameter of the query.', example: 'wait' })
  declare readonly parameter?: string;

  @ApiProperty({ description: 'What is wrong with it, for developers.', example: 'is not known here' })
  declare readonly detail: string;
}

@ApiSchema({ name: 'Problem', description: 'What went wrong (RFC 9457).' })
export class ProblemShape {
  @ApiProperty({
    description: 'Leads to the words about this problem in the reference. Ends in `#` and the code.',
    format: 'uri',
    example: 'https://signpost.example.org/api/v1/docs#token-invalid',
  })
  declare readonly type: string;

  @ApiProperty({ description: 'The same for every occurrence.', example: 'The access token is not valid' })
  declare readonly title: string;

  @ApiProperty({ description: 'Status of the answer.', type: 'integer', example: 401 })
  declare readonly status: number;

  @ApiProperty({
    description: 'What happened this time, for developers; not for people who use the app.',
    example: 'The access token does not work (any more).',
  })
  declare readonly detail: string;

  @ApiProperty({
    description: 'What apps decide by. Stable; new ones may be added.',
    enum: Object.keys(PROBLEMS),
    enumName: 'ProblemCode',
    example: 'token-invalid',
  })
  declare readonly code: string;

  @ApiProperty({
    description: 'Id of the request, to tell the operator of the broker.',
    format: 'uri',
    example: 'urn:uuid:9b2f6c1e-3d4a-4f5b-8c7d-6e5f4a3b2c1d',
  })
  declare readonly instance: string;

  @ApiPropertyOptional({
    description: 'Everything that is wrong with the request.',
    type: [RequestFaultShape],
  })
  declare readonly errors?: readonly RequestFaultShape[];

  @ApiPropertyOptional({
    description: 'A page of the broker where the person can settle it.',
    format: 'uri',
    example: 'https://signpost.example.org/invitations',
  })
  declare readonly page?: string;
}
