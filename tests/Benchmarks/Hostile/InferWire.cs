namespace Krewe.Benchmarks.Hostile;

/// <summary>As <see cref="Datatypes"/>.</summary>
internal static class InferWire
{
    public const string LengthHeader = "Inference-Header-Content-Length";
}
