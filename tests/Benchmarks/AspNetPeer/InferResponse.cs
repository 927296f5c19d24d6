using System.Text.Json.Serialization;

namespace Krewe.AspNetPeer;

internal sealed record InferResponse(
    [property: JsonPropertyName("model_name")] string ModelName,
    [property: JsonPropertyName("model_version")] string ModelVersion,
    [property: JsonPropertyName("outputs")] Tensor[] Outputs);
