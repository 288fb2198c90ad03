/** The typed client of the console API, made from its committed description. */
import { clientOf } from '../shared/ui-kit/vite/generate-config.ts';

export default clientOf('../openapi/console.json');
