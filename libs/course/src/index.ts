export { type Act, DRILLS, type Drill, findDrill } from './drills.js';
