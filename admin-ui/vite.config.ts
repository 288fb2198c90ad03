/** The build of the admin app. */
import { appConfig } from '../shared/ui-kit/vite/app-config.ts';

export default appConfig();
