// Questions about the whole picture.
import { placeKeepingFocus } from '../../../shared/dom.js';
import { askedAbout, questionInHand } from '../answers.js';
import { isBlank } from '../ontology.js';
import { questionFields, questionsSignature } from './questions.js';

export function createPictureQuestionsPanel({ section, list, count }, { acts, onFocus }) {
  let shown = '';
  return (state) => {
    if (!state.ontology) return;
    const asked = askedAbout(state, null);
    section.hidden = !asked.length;
    const inHand = questionInHand(state);
    const signature = state.row?.slot.uid + questionsSignature(asked, { inHand, isReadOnly: state.isReadOnly });
    if (signature === shown) return;
    shown = signature;
    count.textContent = `${asked.filter((one) => !isBlank(one.answer?.value)).length} of ${asked.length}`;
    placeKeepingFocus(list, questionFields(asked, { inHand, isReadOnly: state.isReadOnly, onAnswer: acts.setAnswer, onFocus }));
  };
}
