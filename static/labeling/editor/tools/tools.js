// All tools by name. A tool has cursor, down, move, up and cancel; some also hover, double, finish, takeBack and interrupt,
// which ends a press without what it would have done.
import { createAskTool } from './ask_tool.js';
import { createBoxTool } from './box_tool.js';
import { createPanTool } from './pan_tool.js';
import { createPointTool } from './point_tool.js';
import { createPolygonTool } from './polygon_tool.js';
import { createPolylineTool } from './polyline_tool.js';
import { createSelectTool } from './select_tool.js';

export function createTools(editor) {
  return {
    select: createSelectTool(editor),
    box: createBoxTool(editor),
    polygon: createPolygonTool(editor),
    polyline: createPolylineTool(editor),
    point: createPointTool(editor),
    pan: createPanTool(editor),
    ask: createAskTool(editor),
  };
}
