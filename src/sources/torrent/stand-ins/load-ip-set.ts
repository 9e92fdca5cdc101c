/** Lists of blocked addresses are not read. */
export default undefined;
