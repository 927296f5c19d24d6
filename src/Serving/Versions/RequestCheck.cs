using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Versions;

/// <summary>Validates a request against the signature before it reaches native code.</summary>
internal static class RequestCheck
{
    /// <summary>The inputs in the signature's order; throws <see cref="KreweErrorCode.InvalidInput"/>.</summary>
    public static TensorData[] OrderInputs(ModelId model, SessionSignature signature, IReadOnlyList<Tensor> inputs)
    {
        if (inputs.Count > signature.Inputs.Length)
        {
            ThrowUnknownOrDuplicate(model, signature, inputs);
        }

        var ordered = new TensorData[signature.Inputs.Length];
        for (var i = 0; i < ordered.Length; i++)
        {
            var spec = signature.Inputs[i];
            var tensor = Find(inputs, spec.Name) ?? throw MissingInput(model, signature, inputs, spec);
            Check(model, spec, tensor);
            if (signature.EmptyHazard is { } node && tensor.Data.IsEmpty)
            {
                throw KreweException.InvalidInput(
                    $"input '{spec.Name}' of model '{model}' has shape {TensorShape.Format(tensor.Shape)}, without elements, and {node} "
                        + "cannot compute one");
            }

            ordered[i] = new TensorData(tensor.Type, ShapeOf(tensor), tensor.Data);
        }

        return ordered;
    }

    /// <summary>The requested outputs, default for all; throws <see cref="KreweErrorCode.InvalidInput"/>.</summary>
    public static ImmutableArray<string> CheckOutputs(ModelId model, SessionSignature signature, IReadOnlyList<string> requested)
    {
        if (requested.Count == 0)
        {
            return default;
        }

        for (var i = 0; i < requested.Count; i++)
        {
            var name = requested[i];
            if (!signature.Outputs.Any(output => output.Name == name))
            {
                throw KreweException.InvalidInput(
                    $"model '{model}' has no output '{ErrorText.Quote(name)}'; its outputs are {Names(signature.Outputs)}");
            }

            if (requested.Take(i).Contains(name))
            {
                throw KreweException.InvalidInput($"output '{ErrorText.Quote(name)}' is requested twice");
            }
        }

        return [.. requested];
    }

    /// <summary>The batch dimension shared by all inputs; 0 if they share none and the request must run alone.</summary>
    public static int CountRows(TensorData[] inputs)
    {
        var rows = inputs is [{ Shape: [var first, ..] }, ..] ? first : 0;
        foreach (var input in inputs)
        {
            if (input.Shape is not [var other, ..] || other != rows)
            {
                return 0;
            }
        }

        return (int)Math.Min(rows, int.MaxValue);
    }

    private static Tensor? Find(IReadOnlyList<Tensor> inputs, string name)
    {
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Name == name)
            {
                return inputs[i];
            }
        }

        return null;
    }

    private static void Check(ModelId model, TensorSpec spec, Tensor tensor)
    {
        if (tensor.Type != spec.Type)
        {
            throw KreweException.InvalidInput(
                $"input '{spec.Name}' of model '{model}' has datatype {tensor.Type.WireName()}, expected {spec.Type.WireName()}");
        }

        if (!spec.Accepts(tensor.Shape.AsSpan()))
        {
            throw KreweException.InvalidInput(
                $"input '{spec.Name}' of model '{model}' has shape {TensorShape.Format(tensor.Shape)}, expected "
                    + $"{TensorShape.Format(spec.Shape)}"
                + (spec.Shape.Contains(-1) ? " (-1 stands for any size)" : ""));
        }
    }

    private static long[] ShapeOf(Tensor tensor) =>
        System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsArray(tensor.Shape) ?? [];

    private static KreweException MissingInput(ModelId model, SessionSignature signature, IReadOnlyList<Tensor> inputs, TensorSpec missing)
    {
        ThrowUnknownOrDuplicate(model, signature, inputs);
        return KreweException.InvalidInput(
            $"input '{missing.Name}' of model '{model}' is missing; its inputs are {Names(signature.Inputs)}");
    }

    private static void ThrowUnknownOrDuplicate(ModelId model, SessionSignature signature, IReadOnlyList<Tensor> inputs)
    {
        for (var i = 0; i < inputs.Count; i++)
        {
            var name = inputs[i].Name;
            if (!signature.Inputs.Any(input => input.Name == name))
            {
                throw KreweException.InvalidInput(
                    $"model '{model}' has no input '{ErrorText.Quote(name)}'; its inputs are {Names(signature.Inputs)}");
            }

            if (inputs.Take(i).Any(input => input.Name == name))
            {
                throw KreweException.InvalidInput($"input '{ErrorText.Quote(name)}' is given twice");
            }
        }
    }

    private static string Names(ImmutableArray<TensorSpec> specs) =>
        specs.IsEmpty ? "none" : string.Join(", ", specs.Take(16).Select(spec => $"'{spec}'")) + (specs.Length > 16 ? ", ..." : "");
}
