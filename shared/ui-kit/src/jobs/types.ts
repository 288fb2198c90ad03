/** Long work as the API shows it. */
export interface Job {
  id: string;
  kind: string;
  state: 'running' | 'succeeded' | 'failed';
  steps: readonly { name: string; state: 'running' | 'done' | 'failed'; at: string }[];
  error?: string | null;
  created_at: string;
}
