// @ts-check
import { openLink } from "./opening.js";

// The answer is on its way while the rest of the page still loads: on a phone that is a second.
const opening = openLink();
opening.catch(() => {}); // told to whoever follows it
import("./following.js").then(({ followOrder }) => followOrder(opening));
