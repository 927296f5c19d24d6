using System.Globalization;
using System.Text;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Bodies of inference requests: good ones to be damaged, and ones that are well-formed and wrong.</summary>
internal static class HostileBodies
{
    private static readonly string[] Types =
    [
        "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES",
        "", "fp32", "FLOAT", "FP33",
    ];

    /// <summary>A body that a model accepts.</summary>
    public static string Good(string model) => model switch
    {
        HostileModels.TwoInputs => """
            {"id":"1","inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1.5,-1]},{"name":"b","shape":[1,2],"datatype":"INT64","data":[[2,3]]}],"outputs":[{"name":"sum","parameters":{"binary_data":true}}]}
            """,
        HostileModels.Strings => """{"inputs":[{"name":"x","shape":[3],"datatype":"BYTES","data":["a","\u00e9\ud83d\ude80",""]}]}""",
        HostileModels.Scalar => """{"inputs":[{"name":"x","shape":[],"datatype":"INT64","data":[42]}]}""",
        HostileModels.Gather => """{"inputs":[{"name":"index","shape":[2],"datatype":"INT64","data":[0,3]}]}""",
        _ => """{"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","data":[[1,2,3,4],[5,6e0,-7.25,8]]}],"parameters":{"timeout":60000000}}""",
    };

    /// <summary>Well-formed JSON of the right members with values that come from anywhere.</summary>
    public static string Shuffled(Dice dice)
    {
        var inputs = Enumerable.Range(0, dice.Below(4)).Select(_ => Input(dice));
        var rest = dice.Pick(
            "", ""","outputs":[{"name":"y"}]""", ""","outputs":null""", ""","parameters":{"binary_data_output":true}""");
        return $$"""{"inputs":[{{string.Join(',', inputs)}}]{{rest}}}""";
    }

    /// <summary>Nesting to a depth nobody needs, somewhere in a request.</summary>
    public static string Deep(Dice dice)
    {
        var depth = dice.Pick(30, 64, 65, 1000, 100_000);
        var (open, close) = dice.Pick(("[", "]"), ("{\"a\":", "}"), ("[[],", "]"));
        var end = dice.OneIn(2) ? string.Concat(Enumerable.Repeat(close, depth)) : "";
        var nest = string.Concat(Enumerable.Repeat(open, depth)) + dice.Pick("1", "\"", "{}") + end;
        return dice.Below(3) switch
        {
            0 => nest,
            1 => $$"""{"unknown":{{nest}},"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""",
            _ => $$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":{{nest}}}]}""",
        };
    }

    /// <summary>The JSON of a binary request, and binary data that does not follow it. The header may lie as well.</summary>
    public static (byte[] Body, string HeaderLength) Binary(Dice dice)
    {
        var announced = dice.Pick("16", "32", "0", "17", "-1", "2147483647", "9223372036854775807", "\"16\"", "null");
        var datatype = dice.Pick("FP32", "FP32", "BYTES", "BOOL", "FP16");
        var input = $$$"""{"name":"x","shape":{{{Shape(dice)}}},"datatype":"{{{datatype}}}","parameters":{"binary_data_size":{{{announced}}}}}""";
        var json = Encoding.UTF8.GetBytes(
            $$$"""{"inputs":[{{{input}}}],"parameters":{"binary_data_output":{{{dice.Pick("true", "false")}}}}}""");
        var length = dice.Pick(json.Length, json.Length, json.Length + dice.Below(40), dice.Below(json.Length), 0);
        var header = dice.OneIn(8)
            ? dice.Pick("-5", "1e3", "99999999999999999999", "0x10", " ", "2147483648")
            : length.ToString(CultureInfo.InvariantCulture);
        return ([.. json, .. dice.Bytes(dice.Pick(16, 32, 15, 0, 64))], header);
    }

    private static string Input(Dice dice)
    {
        var name = dice.Pick("x", "x", "a", "b", "index", "", "no\\u0000", new string('n', dice.Pick(1, 100, 2000)));
        return $$"""{"name":"{{name}}","shape":{{Shape(dice)}},"datatype":"{{dice.Pick(Types)}}","data":{{Data(dice)}}}""";
    }

    private static string Shape(Dice dice) => dice.Pick(
        "[1,4]", "[2,4]", "[4]", "[]", "[0]", "[0,4]", "[1,0]", "[-1,4]", "[1,4.0]", "[1,\"4\"]", "null", "4", "[9223372036854775807,2]",
        "[4294967296,4294967296]", "[2147483647]", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4]", "[16777217]", "[[1,4]]", "[1000000,0]");

    private static string Data(Dice dice)
    {
        var element = dice.Pick("1", "-1", "300", "1.5", "1e39", "true", "\"a\"", "\"NaN\"", "null", "{}", "9223372036854775808", "[1]", "\"\\ud800\"");
        var list = $"[{string.Join(',', Enumerable.Repeat(element, dice.Pick(0, 1, 4, 4, 8, 3000)))}]";
        return dice.Pick(list, list, $"[{list}]", $"[{list},{list}]", element);
    }
}
