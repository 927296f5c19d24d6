using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Datatypes;

/// <summary>Every datatype, every kind of shape, and the values at which conversions break, exactly, in both forms.</summary>
public sealed class DatatypeTests(DatatypeModels models) : IClassFixture<DatatypeModels>
{
    public static TheoryData<string> All => [.. DatatypeTable.Names];

    public static TheoryData<string> WithJsonForm => [.. DatatypeTable.Names.Where(DatatypeTable.HasJsonForm)];

    public static TheoryData<string> WithoutJsonForm => [.. DatatypeTable.Names.Where(static name => !DatatypeTable.HasJsonForm(name))];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_shape_comes_back_as_it_was_sent(string datatype)
    {
        foreach (var (index, shape) in DatatypeModels.Shapes.Index())
        {
            var x = Tensor(datatype, shape);
            await ExpectSameAsync(DatatypeModels.Fixed(datatype, index), x);
            await ExpectSameAsync(DatatypeModels.AnyRank(datatype), x);
            if (shape.Length > 0)
            {
                await ExpectSameAsync(DatatypeModels.Free(datatype, shape.Length), x);
            }
        }
    }

    [Theory]
    [MemberData(nameof(WithJsonForm))]
    public async Task Extreme_values_survive_JSON(string datatype)
    {
        var x = Vector(datatype, Extremes.InJson(datatype));
        var answer = await models.Client.InferJsonAsync(DatatypeModels.Free(datatype, 1), [x]);
        ExpectEqual(x, answer, anyNaN: true);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Extreme_values_survive_binary_data_bit_for_bit(string datatype)
    {
        var x = Vector(datatype, [.. Extremes.InJson(datatype), .. Extremes.BinaryOnly(datatype)]);
        var answer = await models.Client.InferBinaryAsync(DatatypeModels.Free(datatype, 1), [x]);
        ExpectEqual(x, answer, anyNaN: false);
    }

    [Theory]
    [MemberData(nameof(WithoutJsonForm))]
    public async Task Half_precision_as_JSON_is_refused(string datatype)
    {
        var answer = await models.Client.InferJsonAsync(DatatypeModels.Free(datatype, 1), [Tensor(datatype, [2])]);
        Assert.Equal(400, answer.Status);
        Assert.Contains("binary", answer.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Strings_that_are_no_UTF8_cannot_be_answered_as_JSON()
    {
        var x = Vector(DatatypeTable.Bytes, Extremes.BinaryOnly(DatatypeTable.Bytes));
        var (body, jsonLength) = InferWire.BinaryBody([x]);
        var json = System.Text.Encoding.UTF8.GetString(body, 0, jsonLength).Replace("true", "false", StringComparison.Ordinal);
        using var content = new ByteArrayContent([.. System.Text.Encoding.UTF8.GetBytes(json), .. x.Data]);
        content.Headers.Add(InferWire.LengthHeader, $"{json.Length}");
        var answer = await models.Client.InferAsync(DatatypeModels.Free(DatatypeTable.Bytes, 1), content);
        Assert.Equal(400, answer.Status);
        Assert.Contains("binary", answer.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Two_inputs_keep_their_order_and_places(string datatype)
    {
        // Odd lengths: what follows the first input lies at an odd address.
        var (x, z) = (Tensor(datatype, [3]), Tensor(datatype, [5]) with { Name = "z" });
        var expected = new WireTensor("y", datatype, [8], [.. x.Data, .. z.Data]);
        var binary = await models.Client.InferBinaryAsync(DatatypeModels.Joined(datatype), [x, z]);
        ExpectEqual(expected, binary, anyNaN: false);
        if (DatatypeTable.HasJsonForm(datatype))
        {
            ExpectEqual(expected, await models.Client.InferJsonAsync(DatatypeModels.Joined(datatype), [z, x]), anyNaN: true);
        }
    }

    private async Task ExpectSameAsync(string model, WireTensor x)
    {
        ExpectEqual(x, await models.Client.InferBinaryAsync(model, [x]), anyNaN: false);
        if (DatatypeTable.HasJsonForm(x.Datatype))
        {
            ExpectEqual(x, await models.Client.InferJsonAsync(model, [x]), anyNaN: true);
            ExpectEqual(x, await models.Client.InferJsonAsync(model, [x], nested: true), anyNaN: true);
        }
    }

    private static void ExpectEqual(WireTensor expected, InferAnswer answer, bool anyNaN)
    {
        var output = answer.Output;
        Assert.True((expected with { Name = "y" }).Equals(output, anyNaN), $"got {output}, expected {expected}");
    }

    private static WireTensor Vector(string datatype, IReadOnlyList<byte[]> elements) => datatype == DatatypeTable.Bytes
        ? WireTensor.Strings("x", elements, elements.Count)
        : new WireTensor("x", datatype, [elements.Count], [.. elements.SelectMany(static element => element)]);

    private static WireTensor Tensor(string datatype, long[] shape)
    {
        var count = (int)shape.Aggregate(1L, static (count, size) => count * size);
        var source = Extremes.InJson(datatype) is { Count: > 0 } values ? values : Extremes.BinaryOnly(datatype);
        var elements = Enumerable.Range(0, count).Select(i => source[i % source.Count]).ToList();
        return Vector(datatype, elements) with { Shape = shape };
    }
}
