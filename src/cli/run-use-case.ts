import { openInstallation } from '#administration/installation';
import { perform, type UseCase } from '#administration/use-case';

import type { Invocation } from './command.ts';

/** Opens what the settings name, runs the use case, and hands what it gives to `show`, which prints it. */
export async function runUseCase<Request, Result>(
  invocation: Invocation,
  useCase: UseCase<Request, Result>,
  request: Request,
  show: (result: Result) => Promise<void> | void,
): Promise<void> {
  const installation = await openInstallation(invocation, useCase.makesStore === true);
  for (const made of installation.made) invocation.output.note(`made ${made}`);
  try {
    await perform(installation, useCase, request, show);
  } finally {
    await installation.close();
  }
}
