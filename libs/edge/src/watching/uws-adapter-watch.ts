import type { HttpResponse } from 'uWebSockets.js';
import type { UntakenAnswers } from '../rest/shares/untaken-answers.js';
import { Sending } from '../rest/uws-adapter-rest.js';
import type { PageVisit, WatchPage } from './watch-page.js';

/** Answers a request for the page or one of its files; what is not read at once counts among the answers of REST that wait. */
export function answerPage(page: WatchPage, response: HttpResponse, visit: PageVisit, untaken: UntakenAnswers): void {
  const sending = new Sending(response, untaken, visit.holder);
  void page.answer(visit).then((answer) => sending.send(answer, visit));
}
