using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Inference;

/// <summary>What goes in comes out, through Kestrel and a host that echoes, in every type, in JSON and in binary.</summary>
public sealed class RoundTripTests : IAsyncLifetime
{
    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(new FakeModelHost().Add("m"));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public void Json_data_comes_back_as_it_went() => Check(40, (random, type) => EchoAsync(random, type, (_, _) => Wire.Json));

    [Fact]
    public void Binary_data_comes_back_as_it_went() => Check(40, (random, type) => EchoAsync(random, type, (_, _) => Wire.Binary));

    [Fact]
    public void Json_and_binary_mix_in_both_directions() =>
        Check(40, (random, type) => EchoAsync(random, type, (_, _) => (Wire)random.Next(2)));

    private static void Check(int count, Func<Random, TensorType, Task> property)
    {
        var seeds = ArbMap.Default.GeneratorFor<int>().ToArbitrary();
        Prop.ForAll(seeds, seed => Task.Run(async () =>
        {
            foreach (var type in Enum.GetValues<TensorType>())
            {
                await property(new Random(seed), type);
            }
        })).Hold(count);
    }

    private async Task EchoAsync(Random random, TensorType type, Func<int, bool, Wire> choose)
    {
        Tensor[] tensors = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => Tensors.Random(random, $"t{i}", type))];
        var onlyBinary = type is TensorType.Float16 or TensorType.BFloat16;
        Wire[] ins = [.. tensors.Select((_, i) => onlyBinary ? Wire.Binary : choose(i, true))];
        Wire[] outs = [.. tensors.Select((_, i) => onlyBinary ? Wire.Binary : choose(i, false))];

        using var response = await server.Client.SendAsync(MakeRequest(tensors, ins, outs));
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(body));

        var length = response.Headers.TryGetValues(InferenceHeader.Name, out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : body.Length;
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.Equal(outs.Contains(Wire.Binary) ? "application/octet-stream" : "application/json", response.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(body.AsMemory(0, length));
        var at = length;
        foreach (var (tensor, output, wire) in tensors.Zip(json.RootElement.GetProperty("outputs").EnumerateArray(), outs))
        {
            Assert.Equal(tensor.Name, output.GetProperty("name").GetString());
            Assert.Equal(type.WireName(), output.GetProperty("datatype").GetString());
            Assert.Equal(tensor.Shape, output.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()));
            var size = wire == Wire.Binary ? output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32() : 0;
            var data = wire == Wire.Binary ? body[at..(at + size)] : JsonData.ToBytes(output.GetProperty("data"), type);
            Assert.Equal(Normal(tensor.Data.Span, type), Normal(data, type));
            at += size;
        }

        Assert.Equal(body.Length, at);
    }

    private static HttpRequestMessage MakeRequest(Tensor[] tensors, Wire[] ins, Wire[] outs)
    {
        var json = new StringBuilder("{\"inputs\":[");
        using var binary = new MemoryStream();
        for (var i = 0; i < tensors.Length; i++)
        {
            json.Append(i > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{{\"name\":\"t{i}\",\"datatype\":\"{tensors[i].Type.WireName()}\",");
            json.Append(CultureInfo.InvariantCulture, $"\"shape\":{TensorShape.Format(tensors[i].Shape)},");
            json.Append(ins[i] == Wire.Binary
                ? $"\"parameters\":{{\"binary_data_size\":{tensors[i].Data.Length}}}}}"
                : $"\"data\":{JsonData.Of(tensors[i], nested: i % 2 == 0)}}}");
            binary.Write(ins[i] == Wire.Binary ? tensors[i].Data.Span : []);
        }

        json.Append("],\"outputs\":[").AppendJoin(",", outs.Select((o, i) =>
            $"{{\"name\":\"t{i}\",\"parameters\":{{\"binary_data\":{(o == Wire.Binary ? "true" : "false")}}}}}"));
        var head = Encoding.UTF8.GetBytes(json.Append("]}").ToString());
        var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new ByteArrayContent([.. head, .. binary.ToArray()]) };
        if (ins.Contains(Wire.Binary))
        {
            request.Headers.Add(InferenceHeader.Name, head.Length.ToString(CultureInfo.InvariantCulture));
        }

        return request;
    }

    /// <summary>JSON has one NaN only.</summary>
    private static byte[] Normal(ReadOnlySpan<byte> data, TensorType type)
    {
        var copy = data.ToArray();
        for (var i = 0; type == TensorType.Float32 && i < copy.Length; i += 4)
        {
            _ = !float.IsNaN(BitConverter.ToSingle(copy, i)) || BitConverter.TryWriteBytes(copy.AsSpan(i), float.NaN);
        }

        for (var i = 0; type == TensorType.Float64 && i < copy.Length; i += 8)
        {
            _ = !double.IsNaN(BitConverter.ToDouble(copy, i)) || BitConverter.TryWriteBytes(copy.AsSpan(i), double.NaN);
        }

        return copy;
    }

    private enum Wire
    {
        Json,
        Binary,
    }
}
