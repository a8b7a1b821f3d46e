export { Config, withPort } from './config.js';
export { ConfigModule } from './config.module.js';
export { ConfigError, loadConfig, type Environment } from './environment.js';
export { isLoopbackHost } from './loopback.js';
