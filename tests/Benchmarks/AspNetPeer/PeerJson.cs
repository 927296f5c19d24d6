using System.Text.Json.Serialization;

namespace Krewe.AspNetPeer;

[JsonSerializable(typeof(InferRequest))]
[JsonSerializable(typeof(InferResponse))]
internal sealed partial class PeerJson : JsonSerializerContext;
