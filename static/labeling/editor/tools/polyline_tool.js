// A line: click its points, Enter or a double click ends it.
import { createPathTool } from './path_tool.js';

const level = ([x, y], length) => [[x - length / 2, y], [x + length / 2, y]];

export const createPolylineTool = (editor) => createPathTool(editor, 'polyline', 2, level);
