export { OpsPageModule } from './ops-page.module.js';
export { OpsPage } from './ops-page.js';
