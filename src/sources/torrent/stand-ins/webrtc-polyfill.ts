/** Torrents have no peers in browsers here: what would reach them is a native module that has to be compiled. */
export const RTCPeerConnection = undefined;
export const RTCSessionDescription = undefined;
export const RTCIceCandidate = undefined;
