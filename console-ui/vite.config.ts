/** The build of the console app. */
import { appConfig } from '../shared/ui-kit/vite/app-config.ts';

export default appConfig();
