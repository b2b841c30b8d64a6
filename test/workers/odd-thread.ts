import { serveTasks } from '#workers/serve-tasks';
import { oddTasks } from './odd-tasks.ts';

serveTasks(oddTasks);
