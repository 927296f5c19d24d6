using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Responses;
using Krewe.Api.TensorJson;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.TensorFlowServing;

/// <summary>
/// Writes predictions. By row: a list with a value, or an object by output name, per instance; by column: whole outputs.
/// A single output has no name. NaN and infinity are bare words, as in TensorFlow Serving.
/// </summary>
internal static class PredictResponseWriter
{
    /// <summary>Writes the whole response.</summary>
    public static async ValueTask WriteAsync(HttpContext context, InferenceResponse response, bool isByRow)
    {
        foreach (var output in response.Outputs)
        {
            if (output.Type is TensorType.Float16 or TensorType.BFloat16)
            {
                TensorDataWriter.RefuseWithoutJsonForm(output);
            }
        }

        var rows = isByRow ? RowsOf(response.Outputs) : 0;
        await using var sink = new ResponseSink(context);
        var writers = new TensorJsonWriter[response.Outputs.Count];
        for (var i = 0; i < writers.Length; i++)
        {
            writers[i] = new TensorJsonWriter(sink, response.Outputs[i], bareWords: true);
        }

        if (isByRow)
        {
            await WriteRowsAsync(sink, response.Outputs, writers, rows);
        }
        else
        {
            sink.Write("{\"outputs\":"u8);
            await WriteOutputsAsync(sink, response.Outputs, writers, dimension: 0);
            sink.Write("}"u8);
        }

        await sink.CompleteAsync();
    }

    private static async ValueTask WriteRowsAsync(
        ResponseSink sink, IReadOnlyList<Tensor> outputs, TensorJsonWriter[] writers, long rows)
    {
        sink.Write("{\"predictions\":["u8);
        for (long row = 0; row < rows; row++)
        {
            await sink.EnsureSpaceAsync();
            if (row > 0)
            {
                sink.Write(","u8);
            }

            await WriteOutputsAsync(sink, outputs, writers, dimension: 1);
        }

        sink.Write("]}"u8);
    }

    private static async ValueTask WriteOutputsAsync(
        ResponseSink sink, IReadOnlyList<Tensor> outputs, TensorJsonWriter[] writers, int dimension)
    {
        if (writers is [var only])
        {
            await only.WriteNestedAsync(dimension);
            return;
        }

        sink.Write("{"u8);
        for (var i = 0; i < writers.Length; i++)
        {
            if (i > 0)
            {
                sink.Write(","u8);
            }

            sink.WriteString(outputs[i].Name);
            sink.Write(":"u8);
            await writers[i].WriteNestedAsync(dimension);
        }

        sink.Write("}"u8);
    }

    private static long RowsOf(IReadOnlyList<Tensor> outputs)
    {
        foreach (var output in outputs)
        {
            if (output.Shape is not [var rows, ..] || rows != outputs[0].Shape[0])
            {
                throw KreweException.InvalidInput(
                    $"output '{output.Name}' has shape {TensorShape.Format(output.Shape)}, which has no row for each instance: request by "
                        + "column, with 'inputs'");
            }
        }

        return outputs.Count == 0 ? 0 : outputs[0].Shape[0];
    }
}
