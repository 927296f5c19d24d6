using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Krewe.Conformance.Tests.Wire;

/// <summary>Inference calls in both forms of the protocol, written apart from the product's own code.</summary>
internal static class InferWire
{
    public const string LengthHeader = "Inference-Header-Content-Length";

    /// <summary>All data as JSON.</summary>
    public static async Task<InferAnswer> InferJsonAsync(
        this HttpClient client, string model, IReadOnlyList<WireTensor> inputs, bool nested = false)
    {
        using var content = new ByteArrayContent(JsonBody(inputs, nested));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await client.InferAsync(model, content);
    }

    /// <summary>All data binary, in both directions.</summary>
    public static async Task<InferAnswer> InferBinaryAsync(this HttpClient client, string model, IReadOnlyList<WireTensor> inputs)
    {
        var (body, jsonLength) = BinaryBody(inputs);
        using var content = new ByteArrayContent(body);
        content.Headers.Add(LengthHeader, $"{jsonLength}");
        return await client.InferAsync(model, content);
    }

    /// <summary>Sends a body and reads the answer, whatever form it has.</summary>
    public static async Task<InferAnswer> InferAsync(this HttpClient client, string model, HttpContent content)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var response = await client.PostAsync($"/v2/models/{model}/infer", content, cancellation);
        return Read(response, await response.Content.ReadAsByteArrayAsync(cancellation));
    }

    public static byte[] JsonBody(IReadOnlyList<WireTensor> inputs, bool nested) => Write(json =>
    {
        json.WriteStartObject();
        WriteInputs(json, inputs, tensor =>
        {
            json.WritePropertyName("data");
            JsonData.Write(json, tensor, nested);
        });
        json.WriteEndObject();
    });

    public static (byte[] Body, int JsonLength) BinaryBody(IReadOnlyList<WireTensor> inputs)
    {
        var head = Write(json =>
        {
            json.WriteStartObject();
            WriteInputs(json, inputs, tensor =>
            {
                json.WriteStartObject("parameters");
                json.WriteNumber("binary_data_size", tensor.Data.Length);
                json.WriteEndObject();
            });
            json.WriteStartObject("parameters");
            json.WriteBoolean("binary_data_output", true);
            json.WriteEndObject();
            json.WriteEndObject();
        });
        return ([.. head, .. inputs.SelectMany(static input => input.Data)], head.Length);
    }

    private static void WriteInputs(Utf8JsonWriter json, IReadOnlyList<WireTensor> inputs, Action<WireTensor> writeData)
    {
        json.WriteStartArray("inputs");
        foreach (var input in inputs)
        {
            json.WriteStartObject();
            json.WriteString("name", input.Name);
            json.WriteString("datatype", input.Datatype);
            json.WriteStartArray("shape");
            foreach (var size in input.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            writeData(input);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            write(json);
        }

        return stream.ToArray();
    }

    private static InferAnswer Read(HttpResponseMessage response, byte[] body)
    {
        var jsonLength = response.Headers.TryGetValues(LengthHeader, out var values)
            || response.Content.Headers.TryGetValues(LengthHeader, out values) ? int.Parse(values.Single(), null) : body.Length;
        var status = (int)response.StatusCode;
        using var document = Parse(body.AsMemory(0, jsonLength), status);
        var root = document.RootElement;
        if (status != 200)
        {
            return new InferAnswer(status, root.GetProperty("error").GetString()!, "", []);
        }

        ReadOnlyMemory<byte> binary = body.AsMemory(jsonLength);
        var outputs = root.GetProperty("outputs").EnumerateArray().Select(output => ReadOutput(output, ref binary)).ToList();
        Assert.Equal(0, binary.Length);
        return new InferAnswer(status, "", root.GetProperty("model_version").GetString()!, outputs);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json, int status)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException error)
        {
            throw new InvalidOperationException($"the answer with status {status} is no JSON: {Encoding.UTF8.GetString(json.Span)}", error);
        }
    }

    private static WireTensor ReadOutput(JsonElement output, ref ReadOnlyMemory<byte> binary)
    {
        var datatype = output.GetProperty("datatype").GetString()!;
        byte[] data;
        if (output.TryGetProperty("data", out var json))
        {
            data = JsonData.Read(json, datatype);
        }
        else
        {
            var size = output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
            data = binary[..size].ToArray();
            binary = binary[size..];
        }

        var shape = output.GetProperty("shape").EnumerateArray().Select(static size => size.GetInt64()).ToArray();
        return new WireTensor(output.GetProperty("name").GetString()!, datatype, shape, data);
    }
}
