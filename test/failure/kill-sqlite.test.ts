import { killWhileItWrites } from '../support/kill-storm.js';

killWhileItWrites('SQLite');
