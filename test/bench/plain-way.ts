/**
 * The plain way to build discovery, which P-11 compares with: a NestJS controller on Express, passport-jwt with a secret,
 * TypeORM repositories on the same database. Argument: the SQLite file.
 */
import { Controller, Get, Inject, Module, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import {
  Column,
  DataSource,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  Repository,
  type Relation,
} from 'typeorm';

@Entity('accounts')
class Account {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar', { name: 'user_name' })
  userName!: string;

  @Column('varchar')
  state!: string;
}

@Entity('servers')
class Server {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar', { name: 'system_id' })
  systemId!: string;

  @Column('varchar')
  name!: string;

  @Column('varchar')
  url!: string;

  @Column('varchar', { name: 'local_address' })
  localAddress!: string;
}

@Entity('links')
class Link {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar', { name: 'account_id' })
  accountId!: string;

  @Column('varchar')
  state!: string;

  @Column('varchar')
  kind!: string;

  @Column('varchar', { name: 'sealed_key' })
  key!: string;

  @ManyToOne(() => Server)
  @JoinColumn({ name: 'server_id' })
  server!: Relation<Server>;
}

const database = new DataSource({
  type: 'better-sqlite3',
  database: process.argv[2] ?? '',
  entities: [Account, Server, Link],
});
const repositories = [Account, Link].map((entity) => ({
  provide: entity,
  useFactory: (): Repository<object> => database.getRepository<object>(entity),
}));

class Tokens extends PassportStrategy(Strategy) {
  private readonly accounts: Repository<Account>;

  constructor(accounts: Repository<Account>) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: process.env['JWT_SECRET'] ?? '',
    });
    this.accounts = accounts;
  }

  async validate({ sub }: { sub: string }): Promise<Account | null> {
    return this.accounts.findOneBy({ id: sub, state: 'active' });
  }
}

@Controller('service/servers')
class ServersController {
  constructor(@Inject(Link) private readonly links: Repository<Link>) {}

  @Get()
  @UseGuards(AuthGuard('jwt'))
  async list(@Req() { user }: { user: Account }): Promise<object[]> {
    const links = await this.links.find({
      where: { accountId: user.id, state: 'accepted' },
      relations: { server: true },
    });
    return links.map(({ key, kind, server }) => ({
      Id: server.id,
      Url: server.url,
      Name: server.name,
      SystemId: server.systemId,
      AccessKey: key,
      LocalAddress: server.localAddress,
      UserType: kind,
    }));
  }
}

@Module({
  controllers: [ServersController],
  providers: [
    ...repositories,
    {
      provide: Tokens,
      inject: [Account],
      useFactory: (accounts: Repository<Account>) => new Tokens(accounts),
    },
  ],
})
class PlainWay {}

await database.initialize();
const app = await NestFactory.create(PlainWay, { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ url: await app.getUrl() })}\n`);
