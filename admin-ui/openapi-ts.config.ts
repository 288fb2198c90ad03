/** The typed client of the site API, made from its committed description. */
import { clientOf } from '../shared/ui-kit/vite/generate-config.ts';

export default clientOf('../openapi/site.json');
