namespace Krewe.Conformance.Tests.Wire;

/// <summary>What came back from an inference call.</summary>
internal sealed record InferAnswer(int Status, string Error, string Version, IReadOnlyList<WireTensor> Outputs)
{
    /// <summary>The one output of a call that succeeded.</summary>
    public WireTensor Output => Status == 200
        ? Assert.Single(Outputs)
        : throw new InvalidOperationException($"status {Status}: {Error}");
}
