using System.Globalization;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Responses;
using Krewe.Api.TensorJson;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Inference;

/// <summary>Writes an inference response from the outputs' memory: JSON, followed by the binary outputs.</summary>
internal static class InferResponseWriter
{
    /// <summary>
    /// Writes the whole response. An output without JSON form that is not requested in binary is an error of the caller, thrown before
    /// anything is sent.
    /// </summary>
    public static async ValueTask WriteAsync(HttpContext context, InferenceResponse response, OutputFormat format)
    {
        var (hasBinary, binaryLength) = Inspect(response, format);
        await using var sink = new ResponseSink(context);
        if (!hasBinary)
        {
            await WriteJsonAsync(sink, response, format);
            await sink.CompleteAsync();
            return;
        }

        // The header needs the length of the JSON, so it is written once to measure it; if it exceeds the buffer, it is written again.
        sink.MeasuresOnly = true;
        await WriteJsonAsync(sink, response, format);
        var jsonLength = sink.Length;
        context.Response.Headers[InferenceHeader.Name] = jsonLength.ToString(CultureInfo.InvariantCulture);
        sink.MeasuresOnly = false;
        var isWhole = sink.Drained == 0;
        if (!isWhole)
        {
            sink.Restart();
        }

        sink.Start("application/octet-stream", jsonLength + binaryLength);
        if (!isWhole)
        {
            await WriteJsonAsync(sink, response, format);
        }

        await WriteBinaryAsync(sink, response, format);
        await sink.CompleteAsync();
    }

    private static (bool HasBinary, long BinaryLength) Inspect(InferenceResponse response, OutputFormat format)
    {
        var (hasBinary, length) = (false, 0L);
        for (var i = 0; i < response.Outputs.Count; i++)
        {
            var output = response.Outputs[i];
            if (format.IsBinary(i, output.Name))
            {
                (hasBinary, length) = (true, length + output.Data.Length);
            }
            else
            {
                TensorDataWriter.RefuseWithoutJsonForm(output);
            }
        }

        return (hasBinary, length);
    }

    private static async ValueTask WriteBinaryAsync(ResponseSink sink, InferenceResponse response, OutputFormat format)
    {
        for (var i = 0; i < response.Outputs.Count; i++)
        {
            if (format.IsBinary(i, response.Outputs[i].Name))
            {
                await sink.SendAsync(response.Outputs[i].Data);
            }
        }
    }

    private static async ValueTask WriteJsonAsync(ResponseSink sink, InferenceResponse response, OutputFormat format)
    {
        WriteHead(sink, response);
        for (var i = 0; i < response.Outputs.Count; i++)
        {
            var output = response.Outputs[i];
            WriteOutputHead(sink, output, isFirst: i == 0);
            if (format.IsBinary(i, output.Name))
            {
                sink.Write(",\"parameters\":{\"binary_data_size\":"u8);
                sink.Write(output.Data.Length);
                sink.Write("}}"u8);
            }
            else
            {
                sink.Write(",\"data\":["u8);
                await new TensorJsonWriter(sink, output, format.BareWords).WriteRowAsync(output.ElementCount);
                sink.Write("]}"u8);
            }
        }

        sink.Write("]}"u8);
    }

    private static void WriteHead(ResponseSink sink, InferenceResponse response)
    {
        sink.Write("{\"model_name\":"u8);
        sink.WriteString(response.Model.Name.Value);
        sink.Write(",\"model_version\":\""u8);
        sink.Write(response.Model.Version.Number);
        sink.Write("\""u8);
        if (response.Id is not null)
        {
            sink.Write(",\"id\":"u8);
            sink.WriteString(response.Id);
        }

        sink.Write(",\"outputs\":["u8);
    }

    private static void WriteOutputHead(ResponseSink sink, Tensor output, bool isFirst)
    {
        sink.Write(isFirst ? "{\"name\":"u8 : ",{\"name\":"u8);
        sink.WriteString(output.Name);
        sink.Write(",\"datatype\":"u8);
        sink.WriteString(output.Type.WireName());
        sink.Write(",\"shape\":["u8);
        for (var i = 0; i < output.Shape.Length; i++)
        {
            if (i > 0)
            {
                sink.Write(","u8);
            }

            sink.Write(output.Shape[i]);
        }

        sink.Write("]"u8);
    }
}
