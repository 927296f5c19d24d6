using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Inference;

public sealed class MalformedRequestTests
{
    private const string Fine = """{"name":"x","shape":[1],"datatype":"FP32","data":[1]}""";

    [Theory]
    [InlineData("", "the request: expected an object, got the end of the text|invalid JSON at line 1, byte 1")]
    [InlineData("   ", "invalid JSON at line 1, byte 4: expected a value, got the end of the text")]
    [InlineData("[]", "the request: expected an object, got an array (line 1, byte 1)")]
    [InlineData("{", "invalid JSON at line 1, byte 2: expected a member name in double quotes, got the end of the text")]
    [InlineData("{}", "the request has no 'inputs'")]
    [InlineData("{\"inputs\":[]", "expected ',' or '}' after a member, got the end of the text")]
    [InlineData("{\"inputs\":[]}}", "invalid JSON at line 1, byte 14: expected nothing after the request, got '}'")]
    [InlineData("{\"inputs\":[]}\0", "expected nothing after the request")]
    [InlineData("{\"inputs\":[],}", "expected a member name in double quotes, got '}'")]
    [InlineData("{inputs:[]}", "expected a member name in double quotes, got 'inputs'")]
    [InlineData("{\"inputs\" []}", "expected ':' after a member name, got an array")]
    [InlineData("{\n\n  \"inputs\": 1}", "inputs: expected an array, got '1' (line 3, byte 13)")]
    [InlineData("{\"inputs\":[1]}", "an item of inputs: expected an object, got '1'")]
    [InlineData("{\"inputs\":[],\"inputs\":[]}", "the request has 'inputs' twice")]
    [InlineData("{\"inputs\":[],\"id\":7}", "id: expected a string, got '7'")]
    [InlineData("{\"inputs\":[],\"id\":\"\\ud800\"}", "surrogates only in pairs")]
    [InlineData("{\"inputs\":[],\"id\":\"\\udc00\\ud800\"}", "surrogates only in pairs")]
    [InlineData("{\"inputs\":[],\"id\":\"\\x\"}", "expected an escape of")]
    [InlineData("{\"inputs\":[],\"id\":\"a\nb\"}", "control characters in a string to be escaped, got byte 0x0a")]
    [InlineData("{\"inputs\":[],\"id\":\"abc", "expected '\"' at the end of a string")]
    [InlineData("{\"inputs\":[],\"x\":tru}", "expected a value, got 'tru'")]
    [InlineData("{\"inputs\":[],\"x\":01}", "expected a value, got '01'")]
    [InlineData("{\"inputs\":[],\"x\":1.}", "expected a value, got '1.'")]
    [InlineData("{\"inputs\":[],\"x\":-}", "expected a value, got '-'")]
    [InlineData("{\"inputs\":[],\"x\":nan}", "expected a value, got 'nan'")]
    [InlineData("{\"inputs\":[],\"x\":Infinit}", "expected ',' or '}' after a member, got 'init'")]
    [InlineData("{\"inputs\":[],\"x\":+Infinity}", "expected a value, got '+Infinity'")]
    [InlineData("{\"inputs\":[],\"x\":NaNs}", "expected ',' or '}' after a member, got 's'")]
    [InlineData("{\"inputs\":[],\"parameters\":{\"bare_nan_output\":1}}", "parameter 'bare_nan_output': expected true or false, got '1'")]
    [InlineData("{\"inputs\":[],\"x\":[1 2]}", "expected ',' or ']' after an item, got '2'")]
    [InlineData("{\"inputs\":[],\"x\":// comment", "expected a value, got '//'")]
    [InlineData("{\"inputs\":[],\"parameters\":[]}", "parameters: expected an object, got an array")]
    [InlineData("{\"inputs\":[],\"parameters\":{\"timeout\":-1}}", "parameter 'timeout' (microseconds): expected an integer of 64 bits, 0 or more, got '-1'")]
    [InlineData("{\"inputs\":[],\"parameters\":{\"timeout\":1.5}}", "got '1.5'")]
    [InlineData("{\"inputs\":[],\"parameters\":{\"timeout\":99999999999999999999}}", "an integer of 64 bits")]
    [InlineData("{\"inputs\":[],\"parameters\":{\"binary_data_output\":1}}", "parameter 'binary_data_output': expected true or false, got '1'")]
    [InlineData("{\"inputs\":[],\"outputs\":{}}", "outputs: expected an array, got an object")]
    [InlineData("{\"inputs\":[],\"outputs\":[{}]}", "an item of outputs has no 'name'")]
    [InlineData("{\"inputs\":[],\"outputs\":[{\"name\":\"y\"},{\"name\":\"y\"}]}", "output 'y' is asked for twice")]
    [InlineData("{\"inputs\":[],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":\"yes\"}}]}", "parameter 'binary_data': expected true or false, got a string")]
    [InlineData("{\"inputs\":[],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"classification\":3}}]}", "'classification' is not supported")]
    public void A_malformed_request_is_refused_with_its_reason(string json, string reasons)
    {
        var refusal = Read.Refusal(json);
        Assert.Contains(reasons.Split('|'), reason => refusal.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"shape":[1],"datatype":"FP32","data":[1]}""", "an item of inputs has no name")]
    [InlineData("""{"name":"x","datatype":"FP32","data":[1]}""", "input 'x' has no shape")]
    [InlineData("""{"name":"x","shape":[1],"data":[1]}""", "input 'x' has no datatype")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32"}""", "input 'x' has no data (or parameter 'binary_data_size')")]
    [InlineData("""{"name":"x","name":"x","shape":[1],"datatype":"FP32","data":[1]}""", "has 'name' twice")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP31","data":[1]}""", "input 'x' has unknown datatype 'FP31': expected one of BOOL, UINT8")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"fp32","data":[1]}""", "unknown datatype 'fp32'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":null,"data":[1]}""", "datatype of an input: expected a string, got 'null'")]
    [InlineData("""{"name":"x","shape":[-1],"datatype":"FP32","data":[1]}""", "dimension of a shape: expected an integer of 64 bits, 0 or more, got '-1'")]
    [InlineData("""{"name":"x","shape":["1"],"datatype":"FP32","data":[1]}""", "dimension of a shape: expected an integer of 64 bits, 0 or more, got a string")]
    [InlineData("""{"name":"x","shape":[1.0],"datatype":"FP32","data":[1]}""", "got '1.0'")]
    [InlineData("""{"name":"x","shape":1,"datatype":"FP32","data":[1]}""", "shape of an input: expected an array, got '1'")]
    [InlineData("""{"name":"x","shape":[4294967296,4294967296],"datatype":"FP32","data":[1]}""", "with more than 16777216 elements")]
    [InlineData("""{"name":"x","shape":[9223372036854775807],"datatype":"FP32","data":[1]}""", "with more than 16777216 elements")]
    [InlineData("""{"name":"x","shape":[9223372036854775808],"datatype":"FP32","data":[1]}""", "an integer of 64 bits")]
    [InlineData("""{"name":"x","shape":[16000000],"datatype":"FP32","data":[1]}""", "needs 16000000 values, more than the")]
    [InlineData("""{"name":"x","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1]}""", "more than 16 dimensions")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP16","data":[1]}""", "FP16 has no JSON form: send it as binary data")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"BF16","data":[1]}""", "BF16 has no JSON form: send it as binary data")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":1}""", "input 'x': data: expected an array, got '1'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":{}}""", "data: expected an array, got an object")]
    [InlineData("""{"name":"x","shape":[3],"datatype":"FP32","data":[1,2]}""", "shape [3] needs 3 values, data has 2")]
    [InlineData("""{"name":"x","shape":[3],"datatype":"FP32","data":[]}""", "shape [3] needs 3 values, data has 0")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":[1,2]}""", "data has more items than shape [1] allows (1)")]
    [InlineData("""{"name":"x","shape":[0],"datatype":"FP32","data":[1]}""", "data has more items than shape [0] allows (0)")]
    [InlineData("""{"name":"x","shape":[2],"datatype":"FP32","data":[1,2,]}""", "data has more items than shape")]
    [InlineData("""{"name":"x","shape":[2],"datatype":"FP32","data":[1,,2]}""", "expected a value, got ','")]
    [InlineData("""{"name":"x","shape":[2],"datatype":"FP32","data":[1 2]}""", "expected ',' or ']' after an item of input 'x', got '2'")]
    [InlineData("""{"name":"x","shape":[2],"datatype":"FP32","data":[1,2}""", "expected ',' or ']' after an item of input 'x', got '}'")]
    [InlineData("""{"name":"x","shape":[2],"datatype":"FP32","data":[[1],[2]]}""", "data is nested deeper than shape [2] allows")]
    [InlineData("""{"name":"x","shape":[2,1],"datatype":"FP32","data":[[1],2]}""", "data[1]: expected an array, as nested data must follow shape [2,1], got '2'")]
    [InlineData("""{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]}""", "data[1] has 1 items, shape [2,2] needs more")]
    [InlineData("""{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4,5]]}""", "data[1] has more items than shape")]
    [InlineData("""{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2]]}""", "data has 1 items, shape [2,2] needs more")]
    [InlineData("""{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4],[5,6]]}""", "data has more items than shape")]
    [InlineData("""{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,[4]]]}""", "data[1][1]: expected a number")]
    [InlineData("""{"name":"x","shape":[2,2],"datatype":"FP32","data":[[[1,2],[3,4]]]}""", "data[0][0]: expected a number")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":["1"]}""", "data[0]: expected a number (or NaN, Infinity, -Infinity, with or without quotes) for FP32, got a string")]
    [InlineData("""{"name":"x","shape":[2],"datatype":"FP32","data":[1,null]}""", "data[1]: expected a number (or NaN, Infinity, -Infinity, with or without quotes) for FP32, got 'null'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":[true]}""", "got 'true'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":[1e39]}""", "data[0] is 1e39, which is out of range for FP32")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":[nan]}""", "got 'nan'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":[--NaN]}""", "got '--NaN'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":["NaN]}""", "expected '\"' at the end of a string")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"INT32","data":[NaN]}""", "data[0]: expected an integer for INT32, got 'NaN'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"BOOL","data":[-Infinity]}""", "data[0]: expected true, false, 1 or 0 for BOOL, got '-Infinity'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"BYTES","data":[NaN]}""", "data[0]: expected a string for BYTES, got 'NaN'")]
    [InlineData("""{"name":"x","shape":[NaN],"datatype":"FP32","data":[1]}""", "an integer of 64 bits, 0 or more, got 'NaN'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP64","data":[-1e999]}""", "data[0] is -1e999, which is out of range for FP64")]
    [InlineData("""{"name":"x","shape":[3],"datatype":"UINT8","data":[1,255,256]}""", "data[2] is 256, which is out of range for UINT8 (0 to 255)")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"UINT8","data":[-1]}""", "data[0] is -1, which is out of range for UINT8 (0 to 255)")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"INT8","data":[-129]}""", "out of range for INT8 (-128 to 127)")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"INT64","data":[9223372036854775808]}""", "out of range for INT64")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"UINT64","data":[18446744073709551616]}""", "out of range for UINT64")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"INT32","data":[1.0]}""", "data[0] is 1.0, expected an integer for INT32")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"INT32","data":[1e3]}""", "data[0] is 1e3, expected an integer for INT32")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"INT32","data":[01]}""", "invalid JSON")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"INT32","data":[true]}""", "data[0]: expected an integer for INT32, got 'true'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"BOOL","data":[2]}""", "data[0]: expected true, false, 1 or 0 for BOOL, got '2'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"BOOL","data":["true"]}""", "got a string")]
    [InlineData("""{"name":"x","shape":[2],"datatype":"BYTES","data":["a",1]}""", "data[1]: expected a string for BYTES, got '1'")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"BYTES","data":["\ud800"]}""", "surrogates only in pairs")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"BYTES","data":[{"b64":"AA=="}]}""", "data[0]: expected a string for BYTES, got an object")]
    [InlineData("""{"name":"x","shape":[],"datatype":"FP32","data":[[1]]}""", "nested deeper than shape [] allows")]
    [InlineData("""{"name":"x","shape":[],"datatype":"FP32","data":[]}""", "shape [] needs 1 values, data has 0")]
    [InlineData("""{"data":[1,2,3],"name":"x","shape":[2],"datatype":"FP32"}""", "data has more items than shape")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}""", "expected header Inference-Header-Content-Length")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}}""", "shared memory is not supported")]
    public void A_malformed_input_is_refused_with_its_reason(string input, string reason) =>
        Assert.Contains(reason, Read.Refusal($"{{\"inputs\":[{input}]}}"), StringComparison.Ordinal);

    [Fact]
    public void A_second_input_of_one_name_is_refused() =>
        Assert.Contains("input 'x' appears twice", Read.Refusal($"{{\"inputs\":[{Fine},{Fine}]}}"), StringComparison.Ordinal);

    [Fact]
    public void Text_that_is_not_utf8_is_refused_with_its_place()
    {
        byte[] body = [.. "{\"id\":\"a"u8, 0xC3, 0x28, .. "\",\"inputs\":[]}"u8];

        Assert.Equal("invalid JSON at line 1, byte 9: expected UTF-8 text", Read.Refusal(body, null));
    }

    [Fact]
    public void Deep_nesting_is_refused_wherever_it_is()
    {
        var deep = new string('[', 1_000_000);

        Assert.Contains("at most 64 levels", Read.Refusal($"{{\"x\":{deep}"), StringComparison.Ordinal);
        Assert.Contains("at most 64 levels", Read.Refusal($"{{\"inputs\":[{{\"data\":{deep}"), StringComparison.Ordinal);
        Assert.Contains(
            "nested deeper", Read.Refusal($$"""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":{{deep}}"""), StringComparison.Ordinal);
        Assert.Contains(
            "at most 64 levels",
            Read.Refusal("{\"x\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000))), StringComparison.Ordinal);
    }

    [Fact]
    public void Escapes_without_end_cost_no_stack()
    {
        var id = string.Concat(Enumerable.Repeat("\\n", 400_000));

        Assert.Contains("id has 400000 bytes: expected at most 1024", Read.Refusal($$"""{"inputs":[],"id":"{{id}}"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_on_counts_hold()
    {
        var limits = new ApiLimits { MaxTensors = 2, MaxIdLength = 3, MaxElements = 4 };
        var many = string.Join(",", Enumerable.Range(0, 3).Select(i => Fine.Replace("\"x\"", $"\"{i}\"", StringComparison.Ordinal)));
        var outputs = string.Join(",", Enumerable.Range(0, 3).Select(i => $"{{\"name\":\"{i}\"}}"));

        Assert.Contains("inputs has more than 2 items", Read.Refusal($"{{\"inputs\":[{many}]}}", limits), StringComparison.Ordinal);
        Assert.Contains("outputs has more than 2 items", Read.Refusal($"{{\"inputs\":[],\"outputs\":[{outputs}]}}", limits), StringComparison.Ordinal);
        Assert.Contains("id has 4 bytes", Read.Refusal("{\"inputs\":[],\"id\":\"abcd\"}", limits), StringComparison.Ordinal);
        Assert.Contains(
            "more than 4 elements", Read.Refusal("""{"inputs":[{"name":"x","shape":[5],"datatype":"UINT8","data":[1,1,1,1,1]}]}""", limits), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_text_of_the_caller_is_cut_in_the_message()
    {
        var name = new string('a', 5000);

        Assert.InRange(Read.Refusal($$"""{"inputs":[{"name":"{{name[..1000]}}"}]}""").Length, 20, 300);
        Assert.InRange(Read.Refusal($$"""{"inputs":[{"name":"x","datatype":"{{name}}"}]}""").Length, 20, 400);
        Assert.InRange(Read.Refusal($$"""{"inputs":[{{name}}]}""").Length, 20, 300);
        Assert.InRange(
            Read.Refusal($$"""{"inputs":[{"name":"x","shape":[1],"datatype":"UINT8","data":[{{name.Replace('a', '9')}}]}]}""").Length, 20, 300);
    }

    [Fact]
    public void A_refusal_gives_the_memory_of_the_inputs_before_it_back()
    {
        const int Rounds = 200;
        var zeros = string.Join(",", Enumerable.Repeat("0", 8192));
        var body = Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"a","shape":[8192],"datatype":"FP64","data":[{{zeros}}]},{"name":"b"}]}""");
        Read.Refusal(body, null);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            Assert.Throws<KreweException>(() => Read.Infer(body));
        }

        // Each round reads 64 KiB of doubles; were they not given back, each would allocate them anew.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Rounds * 32_000);
    }
}
