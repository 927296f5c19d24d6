using System.Text.Json.Serialization;

namespace Krewe.AspNetPeer;

internal sealed record InferRequest([property: JsonPropertyName("inputs")] Tensor[] Inputs);
