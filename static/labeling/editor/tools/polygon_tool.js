// An outline: click its corners, then Enter, a double click or a click on the first corner closes it.
import { createPathTool } from './path_tool.js';

const square = ([x, y], length) => [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([right, down]) => [x + (right * length) / 2, y + (down * length) / 2]);

export const createPolygonTool = (editor) => createPathTool(editor, 'polygon', 3, square);
