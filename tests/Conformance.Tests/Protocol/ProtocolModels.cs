using Krewe.Conformance.Tests.Server;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Protocol;

/// <summary>A few models of different kinds, good and bad, side by side.</summary>
public sealed class ProtocolModels : ServedFolder
{
    /// <summary>y = x·W + b on [batch, 4], in two versions.</summary>
    internal const string Linear = "linear";
    internal const string TwoInputs = "two-inputs";
    internal const string Strings = "strings";
    internal const string Scalar = "scalar";
    internal const string Corrupt = "corrupt";
    internal const string Truncated = "truncated";
    internal const string UnknownOperator = "unknown-operator";
    internal const string BadSettings = "bad-settings";

    /// <summary>A run takes as long as its second input says; one runs at a time and one waits.</summary>
    internal const string Slow = "slow";

    /// <summary>Iterations of the slow model that take some tenths of a second.</summary>
    internal const long ManyIterations = 200_000;

    private protected override string[] Options => ["--max-body-size", "1MiB"];

    private protected override void Fill(ModelsFolder models) => models
        .Add(Linear, 1, TinyModels.Linear(seed: 1).ToBytes())
        .Add(Linear, 2, TinyModels.Linear(seed: 2).ToBytes())
        .Add(TwoInputs, TinyModels.TwoInputs())
        .Add(Strings, TinyModels.Strings())
        .Add(Scalar, TinyModels.Identity(TensorType.Int64))
        .Add(Corrupt, 1, TinyModels.Corrupt())
        .Add(Truncated, 1, TinyModels.Truncated())
        .Add(UnknownOperator, TinyModels.UnknownOperator())
        .Add(BadSettings, TinyModels.Linear(), """{"maxBatchSize": "many"}""")
        .Add(Slow, TinyModels.SlowOnDemand(), """{"maxQueueLength": 1, "maxConcurrentRuns": 1, "runTimeoutSeconds": 600}""");

    /// <summary>The body of a call to the slow model.</summary>
    internal static string SlowBody(long turns, long? timeoutMicroseconds = null)
    {
        var x = string.Join(',', Enumerable.Repeat("0.5", 128));
        var parameters = timeoutMicroseconds is { } timeout ? $$""","parameters":{"timeout":{{timeout}}}""" : "";
        return $$"""
            {"inputs":[{"name":"x","shape":[1,128],"datatype":"FP32","data":[{{x}}]},
            {"name":"turns","shape":[],"datatype":"INT64","data":[{{turns}}]}]{{parameters}}}
            """;
    }
}
