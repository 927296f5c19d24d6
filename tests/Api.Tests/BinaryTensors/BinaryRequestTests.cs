using System.Runtime.InteropServices;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.BinaryTensors;

public sealed class BinaryRequestTests
{
    private static readonly byte[] Two = MemoryMarshal.AsBytes<float>([1.5f, -2]).ToArray();

    [Fact]
    public void Inputs_are_slices_of_the_body_in_their_order()
    {
        const string Json = """
            {"inputs":[{"name":"a","shape":[3],"datatype":"UINT8","parameters":{"binary_data_size":3}},
             {"name":"b","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},
             {"name":"j","shape":[1],"datatype":"INT8","data":[7]},
             {"name":"c","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}}]}
            """;
        var body = Read.Join(Json, [1, 2, 3], Two, [2, 0, 0, 0, 65, 66]);

        using var request = Read.Infer(body, Json.Length).Request;

        Assert.Equal(["a", "b", "j", "c"], request.Inputs.Select(i => i.Name));
        Assert.Equal([1, 2, 3], request.Inputs[0].Data.ToArray());
        Assert.Equal(Two, request.Inputs[1].Data.ToArray());
        Assert.Equal(Tensors.Element("AB"), request.Inputs[3].Data.ToArray());
        Assert.NotNull(request.Owner);
    }

    [Fact]
    public void A_body_that_no_input_points_into_is_given_back_at_once()
    {
        using var request = Read.Infer("""{"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[7]}]}""").Request;

        Assert.Null(request.Owner);
    }

    [Theory]
    [InlineData("FP32", "[2]", 7, 7, "needs 8 bytes of data, got 7")]
    [InlineData("FP32", "[2]", 9, 9, "needs 8 bytes of data, got 9")]
    [InlineData("FP32", "[2]", 8, 7, "binary_data_size is 8, but only 7 of the 7 bytes of binary data are left")]
    [InlineData("FP32", "[2]", 8, 9, "the body has 9 bytes of binary data, the inputs' binary_data_size add up to 8")]
    [InlineData("FP32", "[2]", 9223372036854775807, 8, "binary_data_size is 9223372036854775807")]
    [InlineData("BOOL", "[8]", 8, 8, "byte 0 of its binary data is 2, expected 0 or 1 for BOOL")]
    [InlineData("BYTES", "[1]", 8, 8, "points past the end")]
    public void Binary_sizes_that_lie_are_refused(string type, string shape, long announced, int sent, string reason)
    {
        var json = $$"""{"inputs":[{"name":"x","shape":{{shape}},"datatype":"{{type}}","parameters":{"binary_data_size":{{announced}} } }]}""";
        var body = Read.Join(json, [.. Enumerable.Repeat((byte)2, sent)]);

        Assert.Contains(reason, Read.Refusal(body, json.Length), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_and_binary_data_together_are_refused()
    {
        const string Json = """{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":8}}]}""";

        Assert.Contains("has both 'data' and 'binary_data_size'", Read.Refusal(Read.Join(Json, Two), Json.Length), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("\"8\"")]
    [InlineData("null")]
    public void An_invalid_binary_size_is_refused(string size)
    {
        var json = $$"""{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":{{size}} } }]}""";

        Assert.Contains("parameter 'binary_data_size': expected an integer", Read.Refusal(Read.Join(json, Two), json.Length), StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_longer_than_the_body_is_refused() =>
        Assert.Contains("announces 500 bytes of JSON, the body has 13", Read.Refusal("{\"inputs\":[]}"u8.ToArray(), 500), StringComparison.Ordinal);
}
