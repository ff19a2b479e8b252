// A line: click its points, Enter or a double click ends it.
import { createPathTool } from './path_tool.js';

export const createPolylineTool = (editor) => createPathTool(editor, 'polyline', 2);
