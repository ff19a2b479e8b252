// An outline: click its corners, then Enter, a double click or a click on the first corner closes it.
import { createPathTool } from './path_tool.js';

export const createPolygonTool = (editor) => createPathTool(editor, 'polygon', 3);
