using Krewe.Conformance.Tests.Wire;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>Holds what a server answers for a stored model against what ONNX Runtime gives in this process.</summary>
internal sealed class OperatorCheck(HttpClient client, Tally tally)
{
    public const string AsJson = "compared as JSON";
    public const string AsBinary = "compared as binary";
    public const string RefusedJson = "refused as JSON, having FP16, BF16 or strings that are no UTF-8";
    public const string Unloadable = "excluded: not loadable by ONNX Runtime";
    private const int Repeats = 3;

    /// <summary>Names of models that must be listed UNAVAILABLE, each with its reason.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Unavailable { get; } = [];

    public async Task CheckAsync(OperatorCase stored)
    {
        var bytes = stored.ReadModel();
        ReferenceModel reference;
        try
        {
            reference = new ReferenceModel(bytes);
        }
        catch (OnnxRuntimeException)
        {
            await ExpectUnavailableAsync(stored, Unloadable);
            return;
        }

        using (reference)
        {
            if (reference.OutsideProtocol is { } reason)
            {
                await ExpectUnavailableAsync(stored, $"excluded: {reason}");
            }
            else if (RandomOperators.AreIn(bytes))
            {
                tally.Count("excluded: random operators");
            }
            else
            {
                await CompareAsync(stored, reference);
            }
        }
    }

    private async Task ExpectUnavailableAsync(OperatorCase stored, string reason)
    {
        tally.Count(reason);
        Unavailable.Enqueue(stored.Model);
        var answer = await client.InferJsonAsync(stored.Model, []);
        if (answer.Status != 503 || answer.Error.Length == 0)
        {
            tally.Fault($"{stored.Model} ({reason}): expected 503 with a reason, got {answer.Status} {answer.Error}");
        }
    }

    private async Task CompareAsync(OperatorCase stored, ReferenceModel reference)
    {
        var sets = stored.InputFolders.Select(folder => OperatorCase.ReadInputs(folder, reference.InputNames)).ToList();
        if (sets.Count == 0 || sets.Contains(null))
        {
            tally.Count("excluded: no stored inputs that are tensors");
            return;
        }

        foreach (var inputs in sets)
        {
            await CompareAsync(stored, reference, inputs!);
        }
    }

    private async Task CompareAsync(OperatorCase stored, ReferenceModel reference, IReadOnlyList<WireTensor> inputs)
    {
        IReadOnlyList<WireTensor> expected;
        try
        {
            expected = reference.Run(inputs);
        }
        catch (OnnxRuntimeException)
        {
            tally.Count("excluded: stored inputs that ONNX Runtime fails on");
            ExpectRefused(stored, "binary data", await client.InferBinaryAsync(stored.Model, inputs));
            return;
        }

        if (Enumerable.Range(1, Repeats).Any(_ => Difference(expected, reference.Run(inputs)) is not null))
        {
            tally.Count("excluded: another answer each time");
            return;
        }

        var answer = await client.InferJsonAsync(stored.Model, inputs, nested: true);
        if (inputs.Concat(expected).All(JsonData.CanHold))
        {
            Judge(stored, AsJson, expected, answer);
        }
        else
        {
            tally.Count(RefusedJson);
            ExpectRefused(stored, "JSON", answer);
        }

        Judge(stored, AsBinary, expected, await client.InferBinaryAsync(stored.Model, inputs));
    }

    private void ExpectRefused(OperatorCase stored, string form, InferAnswer answer)
    {
        if (answer.Status != 400 || answer.Error.Length == 0)
        {
            tally.Fault($"{stored.Model} as {form}: expected 400 with a reason, got {answer.Status} {answer.Error}");
        }
    }

    private void Judge(OperatorCase stored, string how, IReadOnlyList<WireTensor> expected, InferAnswer answer)
    {
        tally.Count(how);
        if (answer.Status != 200)
        {
            tally.Fault($"{stored.Model} {how}: status {answer.Status}: {answer.Error}");
        }
        else if (Difference(expected, answer.Outputs) is { } difference)
        {
            tally.Fault($"{stored.Model} {how}: {difference}");
        }
    }

    private static string? Difference(IReadOnlyList<WireTensor> expected, IReadOnlyList<WireTensor> actual)
    {
        if (expected.Count != actual.Count)
        {
            return $"{actual.Count} outputs, expected {expected.Count}";
        }

        foreach (var (one, other) in expected.Zip(actual))
        {
            if (!one.Equals(other, anyNaN: true))
            {
                return $"got {other}, expected {one}";
            }
        }

        return null;
    }
}
