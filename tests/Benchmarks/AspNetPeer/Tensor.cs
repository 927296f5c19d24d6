using System.Text.Json.Serialization;

namespace Krewe.AspNetPeer;

/// <summary>A tensor of floats: <paramref name="Data"/> row-major, as many as <paramref name="Shape"/> says.</summary>
internal sealed record Tensor(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("shape")] long[] Shape,
    [property: JsonPropertyName("datatype")] string Datatype,
    [property: JsonPropertyName("data")] float[] Data);
