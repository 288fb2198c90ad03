/** A plan of all workers as one. */
import type { Migration, UpgradePlan } from '../../api';

export interface PlanSums {
  stores: number;
  toMigrate: number;
  /** Workers work side by side, so it takes as long as the slowest. */
  millis: number;
  answering: number;
  /** The names of workers that do not answer. */
  away: string[];
  /** Different schemas that the workers' releases bring. */
  releases: number;
  /** What some store does not have yet, oldest first. */
  missing: Migration[];
}

export function sumsOf({ workers }: UpgradePlan): PlanSums {
  const answering = workers.filter((worker) => worker.answers);
  const missing = new Map(answering.flatMap((worker) => worker.missing).map((it) => [it.version, it]));
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    stores: sum(answering.flatMap((worker) => worker.stores.map((row) => row.tenants))),
    toMigrate: sum(answering.map((worker) => worker.to_migrate)),
    millis: Math.max(0, ...answering.map((worker) => worker.estimated_millis)),
    answering: answering.length,
    away: workers.filter((worker) => !worker.answers).map((worker) => worker.name),
    releases: new Set(answering.map((worker) => worker.schema_version)).size,
    missing: [...missing.values()].sort((a, b) => a.version - b.version),
  };
}
